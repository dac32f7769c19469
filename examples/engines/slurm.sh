#!/bin/bash
# A roster in four parts, as an array job: sbatch slurm.sh, in a folder that every node shares, with alarms.yaml and roster.csv in it.
# A part that failed for a reason that passes is requeued, twice at most, and then does only what it left; so is one whose node is
# lost. By hand: REPORTS=reports/JOB sbatch --array=2 slurm.sh, the same part again: --shards says how many there are. Last, anywhere:
# mlopsctl report merge reports/JOB/ --out fleet.html, which ends with 5 where a part is missing or a target failed.
#SBATCH --job-name=fleet
#SBATCH --array=0-3
#SBATCH --ntasks=1
#SBATCH --time=00:30:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=%x-%A-%a.log
# Two minutes before the time is over: what runs is finished and reported, nothing new is begun.
#SBATCH --signal=TERM@120

# A folder a run: what another run reported is not taken up.
reports=${REPORTS:-reports/$SLURM_ARRAY_JOB_ID}/

# As a step of the job, so that Slurm's signals reach it.
srun mlopsctl apply --yes --accounts roster.csv --shard auto --shards 4 --report "$reports" --retry-failed "$reports"
code=$?

case $code in
  # Partial, throttled, interrupted, killed, terminated: what is left can be done by running again.
  5 | 75 | 130 | 137 | 143)
    if [ "${SLURM_RESTART_COUNT:-0}" -lt 2 ]; then
      scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    fi
    ;;
esac
# 4, 8, 64 and 65 need a person: a permission, consent, the command line, the spec.
exit $code
