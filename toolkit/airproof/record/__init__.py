"""Events of a run, as data. The record is the result; everything else is drawn from it."""
