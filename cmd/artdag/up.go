package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/artdag/artdag/farm"
)

type upCmd struct {
	shared
	Workers  int    `default:"1" placeholder:"N" help:"Workers to start."`
	Slots    int    `short:"j" env:"ARTDAG_SLOTS" placeholder:"N" help:"Steps that each of them runs at once (default: the cores divided among them)."`
	Listen   string `env:"ARTDAG_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address of the API. Beyond loopback tokens are needed."`
	Tokens   string `env:"ARTDAG_TOKENS" placeholder:"NAME=SECRET,..." help:"Tokens of users."`
	Redis    string `env:"REDIS_URL" placeholder:"URL" help:"Redis to use (default: one within this process)."`
	Database string `env:"DATABASE_URL" placeholder:"URL" help:"PostgreSQL to use (default: SQLite in the cache folder)."`
	IPFS     string `name:"ipfs" env:"IPFS_API" placeholder:"ADDR" help:"Kubo's RPC; without it nothing is pinned."`
	Realm    string `env:"ARTDAG_REALM" help:"Part of every identity: results of other realms are not shared."`
	Token    string `name:"worker-token" env:"ARTDAG_WORKER_TOKEN" placeholder:"TOKEN" help:"What workers on other machines show."`
	Verbose  bool   `short:"v" help:"Say what every part does."`
}

// Run is a whole farm in this process, until it is interrupted.
func (c upCmd) Run(a *app) error {
	dir, err := c.dir(a)
	if err != nil {
		return err
	}
	size, err := c.limit()
	if err != nil {
		return err
	}
	if c.Workers < 0 {
		return usagef("--workers %d: give 0 or more", c.Workers)
	}
	level := slog.LevelWarn
	if c.Verbose {
		level = slog.LevelInfo
	}
	farm.Ballast()
	up := farm.Up{
		Dir: filepath.Join(dir, "farm"), Size: size, Workers: c.Workers, Slots: c.Slots, Listen: c.Listen, Tokens: c.Tokens, Token: c.Token,
		Redis: c.Redis, Database: c.Database, IPFS: c.IPFS, Realm: c.Realm, Effects: c.Effects, Version: version,
		Log: slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: level})),
		Ready: func(url string) {
			fmt.Fprintf(a.stdout, "The farm is up at %s with %d workers; its queues are shown at %s/monitoring/\n", url, c.Workers, url)
			fmt.Fprintf(a.stdout, "Give it work:  artdag submit RECIPE -i NAME=FILE --wait --server %s\n", url)
		},
	}
	if err := up.Run(a.ctx, nil); err != nil && a.ctx.Err() != context.Canceled {
		return err
	}
	return nil
}
