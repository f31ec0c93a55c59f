"""The proxy's mind: Services, EndpointSlices and the node in, the desired state out. Pure; both dataplanes share it.

objects    the few fields of the API's objects that matter here, as small tuples
topology   which endpoints a client may reach: readiness, traffic policies, hints
desired    the virtual servers of one Service
claims     two Services that want the same address and port
tracker    what changed since the last sync

"""
