"""Every quote verified: found in its document exactly or after folding, replaced by the exact span, or dropped."""
