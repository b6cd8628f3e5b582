// Package sandbox runs the tools that artdag uses (ffmpeg, Blender, programs of
// the user's) on files that nobody vouches for.
//
// A tool sees the programs, libraries and fonts of the system, the files it is
// given, all read-only, and one folder of its own where it may write; it has no
// network, no capabilities, and sees no process but its own. One of these holds,
// and Kind says which:
//
//	bubblewrap   namespaces: what is not shown does not exist
//	landlock     the kernel refuses the rest (Landlock, seccomp); for machines
//	             where namespaces may not be made, as in many containers.
//	             Names and sizes of files can still be seen
//	none         a process group, and a statement of it
//
// A tool never outlives its call: when it ends, when its context ends, when it
// takes too long, too much memory or too many processes, all that it started is
// killed, and Run returns only when all of it is gone. When this process is
// killed, its tools die too: bubblewrap dies with the thread that started it,
// which is why one thread starts them all, and a keeper, one process for all
// calls, ends what bubblewrap leaves when it dies half-made; a supervisor sees
// its pipe close. Options.Folder covers the case that a keeper was killed too.
//
// Memory is bounded by a cgroup where one may be made, else by counting every
// 100 ms, which a burst can outrun for that long; Limits says which. Processes
// are counted so in either case, and the kernel bounds their threads: processes
// that double take every core, and whoever counts them comes too late. A cgroup
// of either version does that, and in bubblewrap a resource limit. A supervisor's
// tool without a cgroup may have three quarters of the threads that there are,
// with all others of its user. Resource limits do not bind root. What watches over
// a tool is never in its group, and every tool runs at a lower priority than it.
package sandbox
