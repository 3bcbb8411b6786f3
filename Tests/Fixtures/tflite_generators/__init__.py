"""The families of TFLite models."""
