"""Between protobuf and the model, both ways, with every limit of the API. For ingress.rpc and the client."""
