"""The kill matrix: every known defect against every scenario."""
