"""The StatefulSet controller: pods with stable names, made and updated in order."""
