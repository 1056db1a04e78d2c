"""What the model's machine asks of a device, wherever it runs."""

from typing import Any, Protocol


class Subject(Protocol):
    """A device under test, at its bench port; virgin at first."""

    def request(self, op: str, /, **arguments: Any) -> dict[str, Any]:
        """Carry out an operation."""

    def power_cycle(self) -> None:
        """Cut the power, and give it back."""

    def states(self) -> list[dict[str, Any]]:
        """Return the state that the device has, and what it would have after a power cut."""

    def close(self) -> None:
        """Give the device away."""
