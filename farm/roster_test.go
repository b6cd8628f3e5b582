package farm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/index"
	"github.com/artdag/artdag/peer"
	"github.com/artdag/artdag/servicetest"
)

// Who has just come counts as a holder at once, and who is not there does not.
func TestHoldersWhoHaveJustCome(t *testing.T) {
	t.Parallel()
	where, err := ParseRedis(servicetest.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client, content, ctx := where.Open(0), dag.HashContent([]byte("film")), t.Context()
	defer client.Close()
	r := &roster{redis: client, prefix: where.Prefix}
	l := &locator{index: &index.Index{Redis: client, Prefix: where.Prefix}, roster: r}
	if living, err := r.living(ctx); err != nil || len(living) > 0 { // remembered for a second
		t.Fatalf("%v, %v", living, err)
	}
	err = client.HSet(ctx, where.Prefix.Key("holders"), content.String(), "gone,new").Err()
	if err == nil {
		err = client.SAdd(ctx, where.Prefix.Key("workers"), "new").Err()
	}
	if err == nil {
		err = client.Set(ctx, where.Prefix.Worker("new"), description{Worker: api.Worker{Address: "http://new:1"}}.encode(), 0).Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	found, err := l.Holders(ctx, content)
	if diff := cmp.Diff([]peer.Holder{{ID: "new", URL: "http://new:1"}}, found); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if have, err := l.have(ctx, []dag.ContentHash{content}); err != nil || !have[content] {
		t.Errorf("%v, %v", have, err)
	}
}
