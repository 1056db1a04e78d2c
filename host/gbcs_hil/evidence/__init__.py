"""What a run leaves behind for somebody who was not there."""
