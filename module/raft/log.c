// SPDX-License-Identifier: GPL-2.0
/*
 * The log as the engine keeps it: runs of equal terms.
 *
 * "Unknown" is never 0: a term lookup answers whether it knows (bug L-3).
 */
#include "raft_private.h"

static int check_runs(const struct raft_params *params)
{
	u64 index = params->base_index, term = params->base_term;
	u32 i;

	if (params->last_index < params->base_index || params->last_index == U64_MAX)
		return -EINVAL;
	if (params->snapshot.index && (params->snapshot.index < params->base_index ||
				       params->snapshot.index > params->last_index))
		return -EINVAL;
	if (params->commit_index > params->last_index)
		return -EINVAL;
	if (!params->nruns != (params->last_index == params->base_index))
		return -EINVAL;
	for (i = 0; i < params->nruns; i++) {
		const struct raft_run *run = &params->runs[i];

		if (run->first <= index || run->first > params->last_index)
			return -EINVAL;
		/* A term never falls, and equal neighbours would be one run. */
		if (i ? run->term <= term : run->term < term || !run->term)
			return -EINVAL;
		index = run->first;
		term = run->term;
	}
	return 0;
}

/**
 * raft_log_init() - set the log up from what was recovered
 * @log: zeroed
 * @params: checked here as far as the log is concerned
 *
 * Little is known to be committed after a start, so no run may be given up
 * until the first commit (raft_log_can_append()).  RAFT_RUNS_SPARE runs are kept
 * free, or else a log of many terms could not take a new leader's no-op.
 *
 * Return: 0 or -EINVAL.
 */
int raft_log_init(struct raft_log *log, const struct raft_params *params)
{
	u32 skip = 0;

	if (check_runs(params))
		return -EINVAL;
	if (params->nruns > RAFT_RUNS_MAX - RAFT_RUNS_SPARE)
		skip = params->nruns - (RAFT_RUNS_MAX - RAFT_RUNS_SPARE);
	log->base_index = params->base_index;
	log->base_term = params->base_term;
	log->last_index = params->last_index;
	log->commit = max3(params->base_index, params->snapshot.index, params->commit_index);
	log->nruns = params->nruns - skip;
	if (log->nruns)
		memcpy(log->runs, params->runs + skip, log->nruns * sizeof(log->runs[0]));
	return 0;
}

/* The run that holds @index, or -1: older than all runs kept. */
static int find_run(const struct raft_log *log, u64 index)
{
	int low = 0, high = (int)log->nruns - 1, found = -1;

	while (low <= high) {
		int mid = low + (high - low) / 2;

		if (log->runs[mid].first <= index) {
			found = mid;
			low = mid + 1;
		} else {
			high = mid - 1;
		}
	}
	return found;
}

/* Of a log with nothing above its base, the base's (bug V-8). */
u64 raft_log_last_term(const struct raft_log *log)
{
	return log->nruns ? log->runs[log->nruns - 1].term : log->base_term;
}

bool raft_log_term(const struct raft_log *log, u64 index, u64 *term)
{
	int run;

	if (index == log->base_index) {
		*term = log->base_term;
		return true;
	}
	if (index < log->base_index || index > log->last_index)
		return false;
	run = find_run(log, index);
	if (run < 0)
		return false;
	*term = log->runs[run].term;
	return true;
}

/*
 * The oldest run may go when the next one starts at or below the commit index:
 * what is compared with a leader's log is above it, and its own term stays known.
 */
static bool can_drop(const struct raft_log *log)
{
	return log->nruns > 1 && log->runs[1].first <= log->commit;
}

bool raft_log_can_append(const struct raft_log *log, u64 term)
{
	if (log->nruns && log->runs[log->nruns - 1].term == term)
		return true;
	return log->nruns < RAFT_RUNS_MAX || can_drop(log);
}

/* Append @count entries of @term, not below the last term; asked for before. */
void raft_log_append(struct raft_log *log, u64 term, u64 count)
{
	if (!log->nruns || log->runs[log->nruns - 1].term != term) {
		if (log->nruns == RAFT_RUNS_MAX) {
			log->nruns--;
			memmove(&log->runs[0], &log->runs[1],
				log->nruns * sizeof(log->runs[0]));
		}
		log->runs[log->nruns].first = log->last_index + 1;
		log->runs[log->nruns].term = term;
		log->nruns++;
	}
	log->last_index += count;
}

/* Forget entries from @from on, which is above the commit index. */
void raft_log_truncate(struct raft_log *log, u64 from)
{
	log->last_index = from - 1;
	while (log->nruns && log->runs[log->nruns - 1].first >= from)
		log->nruns--;
}

/* Forget entries up to @index, whose term is @term; all of them are committed. */
void raft_log_compact(struct raft_log *log, u64 index, u64 term)
{
	u32 gone = 0;

	while (gone < log->nruns && index < log->last_index &&
	       gone + 1 < log->nruns && log->runs[gone + 1].first <= index + 1)
		gone++;
	if (index == log->last_index)
		gone = log->nruns;
	log->nruns -= gone;
	memmove(&log->runs[0], &log->runs[gone], log->nruns * sizeof(log->runs[0]));
	if (log->nruns && log->runs[0].first <= index)
		log->runs[0].first = index + 1;
	log->base_index = index;
	log->base_term = term;
}

/* A snapshot takes the place of the whole log. */
void raft_log_restore(struct raft_log *log, u64 index, u64 term)
{
	log->nruns = 0;
	log->base_index = index;
	log->base_term = term;
	log->last_index = index;
	log->commit = index;
}

/**
 * raft_log_floor() - where a log may meet another that has @term at @index
 * @log: the log
 * @index: at most last_index
 * @term: nothing of the other log up to @index is newer
 *
 * Leaps over whole runs, so that two logs find each other in as many rounds as
 * they have terms (bug L-16).
 *
 * Return: the newest entry not after @index whose term is not above @term; an
 * entry of forgotten term, or the base, when it is down there.
 */
u64 raft_log_floor(const struct raft_log *log, u64 index, u64 term)
{
	int run = find_run(log, index);

	while (run >= 0 && log->runs[run].term > term) {
		index = log->runs[run].first - 1;
		run--;
	}
	return max(index, log->base_index);
}

/* Is a log that ends in (@index, @term) at least as good as ours (bug V-6)? */
bool raft_log_up_to_date(const struct raft_log *log, u64 index, u64 term)
{
	u64 own = raft_log_last_term(log);

	return term > own || (term == own && index >= log->last_index);
}

bool raft_term_at(const struct raft *r, u64 index, u64 *term)
{
	return raft_log_term(&r->log, index, term);
}
