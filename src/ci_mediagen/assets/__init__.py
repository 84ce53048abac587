"""What the repository has to show: its pictures, its brand, and the files behind a plan's inputs."""
