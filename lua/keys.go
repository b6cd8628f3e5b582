package lua

// Prefix begins every key: "artdag:", or "{artdag}:" on a Redis Cluster, where
// the braces keep all keys on one slot.
type Prefix string

// The keys that outlive an epoch.
//
//	epoch          string  random; a new one begins when Redis forgot
//	instance       string  run_id of the server that the epoch began on
//	claim:{id}     string  JSON: the claim record of a step
//	run:{run_id}   string  JSON: status of a run, timestamps, counts, queue task ids
//	results        hash    cache_id -> content_hash
//	resolved       hash    resolved_id -> content_hash
//	content_index  hash    content_hash -> cache_id ("node_id")
//	ipfs_index     hash    content_hash -> cid
//	holders        hash    content_hash -> ids of workers, separated by commas
//	logs           hash    cache_id -> content_hash of the step's log
//	worker:{id}    string  JSON: description; lives 20 s after its last heartbeat
//	workers        set     ids of workers ever seen
//	drain:{id}     string  the worker is to drain
//	done           stream  completions for the record processor
//	recorded       string  id in done up to which completions are recorded
//	events         stream  for watching; bounded
//	bell           channel what schedulers wait for: ready, settle, finished, reopened
//	cancel         channel ids of jobs that were cancelled
//
// The keys of one epoch begin with its id:
//
//	{epoch}:step:{id}              hash    state of a step (see package claim)
//	{epoch}:spec:{id}              string  ids of the steps it reads, newline, JSON
//	{epoch}:wants:{id}             set     jobs that want it, but for the first
//	{epoch}:dependents:{id}        set     steps that wait for it
//	{epoch}:job:{job}              hash    run, prio, st, open, sealed, counts, in:{class}, shun:{worker}
//	{epoch}:jobs                   set     enlisted jobs
//	{epoch}:finished               set     jobs with no open step
//	{epoch}:ready:{job}:{class}    list    ready steps
//	{epoch}:turns:{class}:{prio}   zset    jobs that may release a step; the lowest is next
//	{epoch}:turn                   string  the last number given out
//	{epoch}:window                 hash    class -> released and running steps a job may have
//	{epoch}:released               zset    steps in the queue; since when, ms
//	{epoch}:delayed                zset    steps that are tried again later; from when, ms
//	{epoch}:queued:{class}         hash    priority -> steps in the queue; job -> its steps among them
//	{epoch}:leases                 zset    owned steps; until when, ms
//	{epoch}:resolving              hash    resolved_id -> the step that computes it, where that has another id
//	{epoch}:settle                 list    steps whose dependents are not all told
//	{epoch}:reopened               hash    step to be done again -> content that is gone
//	{epoch}:workers:{class}        zset    workers; last heartbeat, ms
//	{epoch}:forgotten              string  how often steps were forgotten: the millions of later releases
//	{epoch}:grace                  string  while it lives no claim is granted
func (p Prefix) Key(name string) string { return string(p) + name }

// Epoch is the key that every script declares.
func (p Prefix) Epoch() string { return p.Key("epoch") }

// Claim is the key of a step's claim record.
func (p Prefix) Claim(id string) string { return p.Key("claim:" + id) }

// Run is the key of a run's status.
func (p Prefix) Run(id string) string { return p.Key("run:" + id) }

// Worker is the key of a worker's description.
func (p Prefix) Worker(id string) string { return p.Key("worker:" + id) }

// Drain is the key that tells a worker to drain.
func (p Prefix) Drain(id string) string { return p.Key("drain:" + id) }

// Of returns a key of an epoch.
func (p Prefix) Of(epoch, name string) string { return string(p) + epoch + ":" + name }
