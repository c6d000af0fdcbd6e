"""What tests and the demo need around them: a container engine and real target servers."""
