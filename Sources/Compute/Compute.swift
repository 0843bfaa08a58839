// Compute starts programs elsewhere: child processes, jobs of Slurm, LSF or any engine with a submit command.
