package main

type cacheCmd struct {
	Ls      cacheLsCmd      `cmd:"" help:"List what is in the cache."`
	Stats   cacheStatsCmd   `cmd:"" help:"Count and add up."`
	GC      cacheGCCmd      `cmd:"" name:"gc" help:"Evict what was used least recently, down to the limit."`
	Verify  cacheVerifyCmd  `cmd:"" help:"Re-hash everything."`
	Rm      cacheRmCmd      `cmd:"" help:"Remove entries or sources."`
	Pin     cachePinCmd     `cmd:"" help:"Keep an entry or a source whatever the limit."`
	Unpin   cacheUnpinCmd   `cmd:"" help:"Keep it no longer."`
	Rebuild cacheRebuildCmd `cmd:"" help:"Make the index files anew from the entries' folders."`
}
