"""What the commands share: where the home is, who may speak to Prefect, how a run is followed, how text is printed."""
