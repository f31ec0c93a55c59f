"""The Endpoints controller: the older form of EndpointSlices, for clients that still read it."""
