"""Video to tables: shot boundaries, camera motion, detections, appearance and crop quality. Knows nobody by name."""
