"""What brings site and API to AWS: the bundle, the router, the stack and its deployments."""
