"""Between protobuf and the model, both ways; every limit of the API is checked here. Used by ingress.rpc and the client."""
