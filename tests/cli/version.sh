# The version alone, so that a script can read it.
earshot --version | sed 's/[0-9][0-9.]*$/N/'
