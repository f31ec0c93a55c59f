"""The EndpointSlice controller: which pods stand behind each Service. `desired` says who, `slices` in which slice."""
