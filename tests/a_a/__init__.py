"""The usual methods and ours, put to a service and its second copy: do they see a difference?"""
