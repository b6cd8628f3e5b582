package ipfs

import (
	"context"
	"errors"
	"strings"

	shell "github.com/ipfs/go-ipfs-api"
)

// Pin makes the node keep what is below the cid. It blocks until the node has it.
func (n *Node) Pin(ctx context.Context, cid string) error {
	return n.ask(ctx, "pin", n.sh.Request("pin/add", cid).Option("recursive", true), nil)
}

// Unpin ends the promise. It is no error if there was none.
func (n *Node) Unpin(ctx context.Context, cid string) error {
	err := n.ask(ctx, "unpin", n.sh.Request("pin/rm", cid).Option("recursive", true), nil)
	if notPinned(err) {
		return nil
	}
	return err
}

// Pinned reports whether the node keeps the cid by a pin of its own.
func (n *Node) Pinned(ctx context.Context, cid string) (bool, error) {
	err := n.ask(ctx, "look at pin", n.sh.Request("pin/ls", cid).Option("type", "recursive"), nil)
	if notPinned(err) {
		return false, nil
	}
	return err == nil, err
}

// notPinned knows the answer by its text: Kubo has no code for it.
func notPinned(err error) bool {
	var refused *shell.Error
	return errors.As(err, &refused) && strings.Contains(refused.Message, "not pinned")
}

// ID returns the peer id of the node.
func (n *Node) ID(ctx context.Context) (string, error) {
	var answer struct{ ID string }
	err := n.ask(ctx, "id", n.sh.Request("id"), &answer)
	return answer.ID, err
}

// Repo is how full the node's repository is, in bytes.
type Repo struct {
	RepoSize   uint64
	StorageMax uint64 // when the node begins to collect garbage
}

// RepoStat returns how full the node is.
func (n *Node) RepoStat(ctx context.Context) (Repo, error) {
	var answer Repo
	err := n.ask(ctx, "repo stat", n.sh.Request("repo/stat").Option("size-only", true), &answer)
	return answer, err
}
