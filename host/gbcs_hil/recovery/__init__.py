"""What a party can do whose numbers a device takes for replays."""
