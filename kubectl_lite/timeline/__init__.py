"""`kubectl_lite timeline svc/NAME`: for the last changes of a Service, the milliseconds at each stage.

gather   asks the controllers, the proxies and the API server what they remember (the half that talks)
join     puts together what belongs to one change, by revisions (pure)
"""
