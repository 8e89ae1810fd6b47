"""Tables to tables, one folder per stage; the video is never opened here."""
