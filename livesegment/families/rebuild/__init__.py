"""A TensorFlow Mask R-CNN, written anew as ONNX networks."""
