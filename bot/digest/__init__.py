"""What goes into a digest: the papers of some days, ranked, grouped by topic, with a TL;DR each."""
