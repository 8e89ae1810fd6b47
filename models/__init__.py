"""The learning wing: networks, losses, training and evaluation of detectors and encoders.

It knows arrays and tensors; it knows no video and no pipeline table.
"""
