"""What the office reads of all its accounts at once (отчёты)."""
