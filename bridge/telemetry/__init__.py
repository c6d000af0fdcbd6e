"""What the bridge tells about itself: logs, and the audit trail."""
