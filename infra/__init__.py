"""Deploying the site and the API to AWS: the bundle, the router, the stack and its deployments."""
