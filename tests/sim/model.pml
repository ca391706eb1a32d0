/* SPDX-License-Identifier: ISC */
/*
 * A model of the scheduler: park, wake, watch, limit, join and terminate, for
 * threads that share one descriptor.  README.md says how it corresponds to the
 * code and how it is searched.
 *
 * One thread runs at a time and gives the control away in stop only, as green
 * threads do; the environment may do something between any two of their steps.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef CALLS
#define CALLS 2   /* that each thread makes */
#endif
#define PIECES 2  /* of data that come */
#define TIME 4    /* the last tick */
#define NEVER 9
#define NOBODY 9

mtype = { NONE, READY, ELAPSED, TIMED_OUT, TERMINATED, DEADLOCK };

/* The world. */
byte now;
byte came[PIECES];      /* when each piece did */
byte arrived, taken;
bool end_of_file;

/* The scheduler. */
byte running;
byte ready[THREADS], n_ready;
byte queue[THREADS], n_queue;   /* who waits for the descriptor */
byte outside;                   /* parked threads that an event could wake */
bool watched, idle;             /* the event is added; fired with nobody */
byte round;

/* The threads. */
bool parked[THREADS], ended[THREADS], late[THREADS];
byte deadline[THREADS], timer[THREADS];
byte joining[THREADS];
byte terminations[THREADS];
mtype woken[THREADS];

/* For the properties. */
byte waits[THREADS];            /* switches that it has been ready for */
byte owed[THREADS];             /* terminations it has not been told of */

/* The calls of a thread give the control away only where they park; and the
 * environment acts wherever a thread is not within an atomic step. */
#define THERE (taken < arrived || end_of_file)
#define IN_TIME(t) (taken < arrived && came[taken] < deadline[t])

inline make_ready(t)
{
	ready[n_ready] = t;
	n_ready++
}

/* After the N first ones. */
inline make_ready_early(t, n)
{
	k = n_ready;
	do
	:: k > n -> ready[k] = ready[k - 1]; k--
	:: else -> break
	od;
	ready[n] = t;
	n_ready++;
	k = 0
}

inline take_first()
{
	running = ready[0];
	n_ready--;
	k = 0;
	do
	:: k < n_ready -> ready[k] = ready[k + 1]; k++
	:: else -> break
	od;
	ready[n_ready] = 0;
	k = 0
}

inline leave_queue(t)
{
	k = 0;
	do
	:: k < n_queue && queue[k] != t -> k++
	:: else -> break
	od;
	if
	:: k < n_queue ->
		n_queue--;
		do
		:: k < n_queue -> queue[k] = queue[k + 1]; k++
		:: else -> break
		od;
		queue[n_queue] = 0
	:: else
	fi;
	k = 0
}

/* tu_wake */
inline wake(t, why)
{
	if
	:: parked[t] ->
		leave_queue(t);
		parked[t] = false;
		timer[t] = NEVER;
		woken[t] = why;
		waits[t] = 0;
		make_ready(t)
	:: else
	fi
}

/* fired, and clock_strikes: the event loop, without waiting */
inline poll_events()
{
	if
	:: watched && THERE && n_queue > 0 ->
		u = queue[0];
		wake(u, READY)
	:: watched && THERE && n_queue == 0 -> idle = true
	:: else
	fi;
	/* Threads whose time has come go before the others, in order. */
	n_due = 0;
	do
	:: true ->
		due = NOBODY;
		j = 0;
		do
		:: j < THREADS ->
			if
			:: timer[j] <= now && timer[j] != NEVER &&
				(due == NOBODY || timer[j] < timer[due]) ->
				due = j
			:: else
			fi;
			j++
		:: else -> break
		od;
		if
		:: due == NOBODY -> break
		:: else ->
			wake(due, ELAPSED);
			n_ready--; /* the last one, which moves */
			make_ready_early(due, n_due);
			n_due++
		fi
	od;
	due = 0; j = 0; k = 0; u = 0; n_due = 0;
	round = THREADS
}

#define TIMER_DUE ((timer[0] <= now && timer[0] != NEVER) || \
	(timer[1] <= now && timer[1] != NEVER) || \
	(THREADS > 2 && timer[THREADS - 1] <= now && \
		timer[THREADS - 1] != NEVER))

/* Nobody who is parked could go on, or is terminated, as the machine sleeps. */
inline check_sleep()
{
	j = 0;
	do
	:: j < THREADS ->
		assert(!parked[j] || owed[j] == 0);
		j++
	:: else -> break
	od;
	j = 0;
	/* Who waits for the descriptor is waited for with it. */
	assert(n_queue == 0 || watched)
}

/* Nobody but the one that is told could go on, nor be woken from outside. */
inline check_deadlock()
{
	j = 0;
	do
	:: j < THREADS ->
		assert(ended[j] || parked[j] || j == me);
		assert(!parked[j] || timer[j] == NEVER);
		j++
	:: else -> break
	od;
	j = 0;
	assert(n_queue == 0)
}

inline check_turns()
{
#ifdef TURNS
	j = 0;
	do
	:: j < n_ready ->
		waits[ready[j]]++;
		assert(waits[ready[j]] <= 2 * THREADS);
		j++
	:: else -> break
	od;
	j = 0
#else
	skip
#endif
}

/* run_next: the control goes to the first that is ready */
inline switch_away()
{
	if
	:: outside > 0 && round == 0 -> poll_events()
	:: outside > 0 && round > 0 -> round--
	:: else
	fi;
	do
	:: n_ready > 0 -> break
	:: n_ready == 0 && outside > 0 ->
		if
		:: idle -> idle = false; watched = false
		:: else
		fi;
		check_sleep();
		/* The machine sleeps until an event comes. */
		((watched && THERE) || TIMER_DUE);
		poll_events()
	:: n_ready == 0 && outside == 0 ->
		if
		:: ended[me] && !parked[0] -> break
		:: ended[me] && parked[0] -> wake(0, DEADLOCK)
		:: else -> check_deadlock(); wake(me, DEADLOCK)
		fi
	od;
	if
	:: n_ready > 0 -> take_first(); check_turns()
	:: else -> running = NOBODY
	fi
}

/* tu_park: RESULT is why it goes on.  WAITED is the queue, or not. */
inline park(waits_for_fd, from_outside)
{
	if
	:: terminations[me] > 0 ->
		terminations[me]--;
		result = TERMINATED
	:: terminations[me] == 0 && late[me] -> result = TIMED_OUT
	:: else ->
		woken[me] = ELAPSED;
		if
		:: deadline[me] == NEVER || deadline[me] > now ->
			timer[me] = deadline[me];
			parked[me] = true;
			if
			:: waits_for_fd -> queue[n_queue] = me; n_queue++
			:: else
			fi;
			counted = from_outside || deadline[me] != NEVER;
			outside = outside + counted;
			switch_away();
			(running == me);
			outside = outside - counted;
			counted = false
		:: else
		fi;
		if
		:: woken[me] != ELAPSED -> result = woken[me]
		:: else -> late[me] = true; result = READY
		fi
	fi
}

/* At the end of a call. */
inline check_result()
{
		if
		:: result == TERMINATED ->
			assert(owed[me] > 0); /* each is told once */
			owed[me]--
		:: result == TIMED_OUT -> assert(now >= deadline[me])
		:: else
		fi
}

/* A read, an accept, or tcp_wait_fd: tries, and parks where nothing is. */
inline wait_for_data()
{
	result = NONE;
	do
	:: atomic { taken < arrived -> taken++; result = NONE; break }
	:: atomic { taken == arrived && end_of_file -> break }
	:: atomic { !THERE ->
			if
			:: !late[me] && terminations[me] == 0 ->
				watched = true;
				idle = false
			:: else
			fi
		};
		atomic { park(true, true) };
		if
		:: result == READY
		:: result != READY ->
			/* What came in time is no time-out. */
			assert(result != TIMED_OUT || !IN_TIME(me));
			break
		fi
	od;
	check_result()
}

inline sleep()
{
	result = READY;
	do
	:: result == READY && !late[me] -> atomic { park(false, false) }
	:: else -> break
	od;
	if
	:: result == READY -> assert(now >= deadline[me]); result = NONE
	:: else
	fi;
	check_result()
}

/* tcp_thread_join, of which circles are told at once */
inline join_with(whom)
{
	result = READY;
	k = whom;
	do
	:: k != NOBODY && k != me -> k = joining[k]
	:: else -> break
	od;
	if
	:: k == me -> result = DEADLOCK
	:: else ->
		k = 0;
		joining[me] = whom;
		do
		:: result == READY && !ended[whom] ->
			atomic { park(false, false) }
		:: else -> break
		od;
		joining[me] = NOBODY
	fi;
	k = 0;
	check_result()
}

/* tcp_thread_terminate */
inline terminate(whom)
{
	atomic {
		if
		:: !ended[whom] && owed[whom] < 2 ->
			owed[whom]++;
			if
			:: parked[whom] -> wake(whom, TERMINATED)
			:: else -> terminations[whom]++
			fi
		:: else
		fi;
		k = 0
	}
}

inline choose_limit()
{
	atomic {
		if
		:: deadline[me] = NEVER; late[me] = false
		:: deadline[me] = now; late[me] = true
		:: now < TIME -> deadline[me] = now + 1; late[me] = false
		fi
	}
}

inline yield()
{
	if
	:: n_ready > 0 ->
		waits[me] = 0;
		make_ready(me);
		atomic { switch_away() };
		(running == me)
	:: else
	fi
}

proctype thread(byte me)
{
	byte j, k, u, due, n_due, calls, whom;
	bool counted;
	mtype result = NONE;

	(running == me);
	do
	:: calls < CALLS ->
		calls++;
		whom = (me + 1) % THREADS;
		if
		:: choose_limit(); wait_for_data()
		:: choose_limit(); 
			if
			:: deadline[me] != NEVER -> sleep()
			:: else -> yield()
			fi
		:: deadline[me] = NEVER; late[me] = false;
			if
			:: joining[me] == NOBODY && !ended[whom] &&
				joining[(me + 2) % THREADS] != whom ->
				join_with(whom)
			:: else
			fi
		:: terminate(whom)
		fi;
		deadline[me] = 0;
		late[me] = false;
		result = NONE
	:: else -> break
	od;
	atomic {
		ended[me] = true;
		owed[me] = 0;
		terminations[me] = 0;
		j = 0;
		do
		:: j < THREADS ->
			if
			:: joining[j] == me -> wake(j, READY)
			:: else
			fi;
			j++
		:: else -> break
		od;
		j = 0;
		switch_away()
	}
}

/* Data come, time passes; in the end there is an end of file, so that whoever
 * still waits has been forgotten. */
proctype environment()
{
	do
	:: atomic { arrived < PIECES && !end_of_file ->
		came[arrived] = now;
		arrived++ }
	:: atomic { now < TIME -> now++ }
	:: end_of_file = true
	:: now == TIME && end_of_file -> break
	od
}

init
{
	byte i;

	atomic {
		do
		:: i < THREADS ->
			timer[i] = NEVER;
			joining[i] = NOBODY;
			run thread(i);
			if
			:: i > 0 -> make_ready(i)
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0;
		run environment()
	}
}
