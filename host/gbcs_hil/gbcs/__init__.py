"""GBCS messages as the head-end sees them: built, protected, checked and explained."""
