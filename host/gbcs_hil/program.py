"""Where the program `gbcs-hil` begins."""

import sys

INTERRUPTED = 130


def main() -> None:
    """Load the command line and hand over to it; Ctrl-C meanwhile is one line too."""
    try:
        from gbcs_hil import cli
    except KeyboardInterrupt:
        sys.stderr.write("gbcs-hil: interrupted\n")
        sys.exit(INTERRUPTED)
    cli.main(prog_name="gbcs-hil")
