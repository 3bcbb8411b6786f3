"""What all kinds of cases share: how one is sent, watched, kept and repeated."""
