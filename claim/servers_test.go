package claim_test

import (
	"context"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/artdag/artdag/claim"
	"github.com/artdag/artdag/servicetest"
)

var quiet = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}

// onEach runs a test on each kind of server that scripts run on.
func onEach(t *testing.T, test func(t *testing.T, f *farm)) {
	t.Helper()
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		test(t, newFarm(t))
	})
	t.Run("miniredis", func(t *testing.T) {
		t.Parallel()
		server := miniredis.RunT(t)
		client := redis.NewClient(&redis.Options{Addr: server.Addr(), MaintNotificationsConfig: quiet})
		t.Cleanup(func() { _ = client.Close() })
		test(t, farmOn(t, client, "artdag:"))
	})
}

// tour calls every verb once or more.
func tour(t *testing.T, f *farm) {
	w := worker("w1", "tag")
	f.ok(f.Enlist(f.ctx(), "tour", runID("tour"), claim.Low, claim.Active))
	steps := fan()
	steps[0].Tags = []string{"tag"}
	_, err := f.Submit(f.ctx(), "tour", steps)
	f.ok(err)
	_, err = f.Seal(f.ctx(), "tour")
	f.ok(err)
	f.ok(f.Steer(f.ctx(), "tour", claim.Active, claim.High, classes))
	f.ok(f.Resize(f.ctx(), "cpu", 8, []string{"tour"}))
	f.released("cpu")
	late, err := f.Overdue(f.ctx(), -time.Second, 10)
	if err != nil || len(late) != 1 {
		t.Fatalf("overdue: %v, %v", late, err)
	}
	if release, err := f.Requeue(f.ctx(), late[0], false); err != nil || release != late[0].Release+1 {
		t.Fatalf("requeue: %d, %v", release, err)
	}
	src := f.claimed("src", w)
	renewed, err := f.Renew(f.ctx(), w, `{"name":"w1"}`, classes, []claim.Progress{{ID: src.Spec.ID, Token: src.Token, Done: 0.5}})
	if err != nil || renewed.Fates[0] != claim.Kept {
		t.Fatalf("renew: %+v, %v", renewed, err)
	}
	f.ok(f.Release(f.ctx(), src))
	f.take("src", w)
	f.lapse("src")
	if taken, err := f.Sweep(f.ctx()); err != nil || len(taken) != 1 {
		t.Fatalf("sweep: %v, %v", taken, err)
	}
	f.finish(f.take("src", w), w, claim.Hand{})
	a := f.take("a", w)
	f.ok(f.Reopen(f.ctx(), a, w, []claim.Missing{{Producer: stepID("src"), Content: content("src")}}))
	gone, err := f.Reopened(f.ctx(), 10)
	if err != nil || len(gone) != 1 || gone[0].Job != "tour" || gone[0].Content != content("src") {
		t.Fatalf("reopened: %+v, %v", gone, err)
	}
	_, err = f.Submit(f.ctx(), "tour", steps[:1])
	f.ok(err)
	if retry, err := f.Fail(f.ctx(), f.take("src", w), w, claim.Failed, "broken \xff pipe", 3, 0); err != nil || retry == nil {
		t.Fatalf("fail: %+v, %v", retry, err)
	}
	f.finish(f.claimed("src", w), w, claim.Hand{})
	f.settleAll()
	for _, name := range []string{"a", "b", "c", "join", "tail"} {
		if f.state(name).State != claim.Queued {
			f.released("cpu")
		}
		f.finish(f.claimed(name, w), w, claim.Hand{})
	}
	if entries, err := f.ReadDone(f.ctx(), "", 100); err != nil || len(entries) != 7 {
		t.Errorf("%d completions, %v, want 7", len(entries), err)
	}
	rejoin(t, f, w)
}

// rejoin is what happens when Redis forgot: adopt and report.
func rejoin(t *testing.T, f *farm, w claim.Worker) {
	before := f.Epoch()
	f.ok(f.Forget(f.ctx(), "tour", idsOf(fan())))
	f.ok(f.Dismiss(f.ctx(), "tour", classes))
	if left := f.keys(); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if epoch, err := f.Begin(f.ctx(), before, 0, "other"); err != nil || epoch == before {
		t.Fatalf("begin: %s, %v", epoch, err)
	}
	token := claim.NewToken()
	fates, err := f.Adopt(f.ctx(), w, []claim.Progress{{ID: stepID("tail"), Token: token}})
	if err != nil || fates[0] != claim.Kept {
		t.Fatalf("adopt: %v, %v", fates, err)
	}
	_, err = f.Report(f.ctx(), w, []claim.Report{{ID: stepID("join"), Jobs: []string{"tour"}, Result: claim.Result{Content: content("join")}}})
	f.ok(err)
	f.submit("tour", fan()...)
	f.wantStates("src=R a=R b=R c=R join=D tail=X")
}

func TestEveryVerbOnEachServer(t *testing.T) {
	t.Parallel()
	onEach(t, tour)
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: servicetest.RedisCluster(t), MaintNotificationsConfig: quiet})
		t.Cleanup(func() { _ = client.Close() })
		f := farmOn(t, client, "{artdag}:")
		f.shard = client
		tour(t, f)
	})
}

func TestClaimsGoOnAfterAFailOver(t *testing.T) {
	t.Parallel()
	sentinel, name, master, replica := servicetest.RedisSentinel(t)
	client := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: name, SentinelAddrs: []string{sentinel}, MaxRetries: 10,
	})
	t.Cleanup(func() { _ = client.Close() })
	f, w := farmOn(t, client, "artdag:"), worker("w1")
	f.submit("job1", fan()...)
	src := f.take("src", w)
	f.ok(client.Wait(f.ctx(), 1, 10*time.Second).Err())
	master.Kill()
	ctx, cancel := context.WithTimeout(f.ctx(), time.Minute)
	defer cancel()
	var err error
	for done := false; !done; done = err == nil {
		if _, err = f.Complete(ctx, src, w, result(src), claim.Hand{}); ctx.Err() != nil {
			t.Fatalf("no claims after the fail-over to %s: %v", replica.Addr(), err)
		}
	}
	for _, name := range []string{"a", "b", "c", "join", "tail"} {
		f.finish(f.take(name, w), w, claim.Hand{})
	}
	if got := f.job("job1"); got.Open != 0 || got.Executed != 6 {
		t.Errorf("job is %+v", got)
	}
}
