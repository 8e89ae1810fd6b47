"""Court: from points of the floor and the camera's motion to a homography for each frame, or none where it cannot be trusted."""
