using QueueService.Broker.Queues;

namespace QueueService.Broker.Tests.Queues;

public sealed class AlarmTests : IDisposable
{
    private readonly List<BrokerEvent> _told = [];
    private readonly BrokerHarness _harness;

    public AlarmTests() => _harness = new BrokerHarness(BrokerHarness.Small with { Observer = _told.Add });

    public void Dispose() => _harness.Dispose();

    [Fact]
    public void An_alarm_is_raised_and_cleared_once_and_says_so()
    {
        Create(new Alarm("backlog", AlarmMetric.Available, 1, 0));
        Evaluate();
        Assert.Equal("ok 0", State());
        _harness.Send("a", "b");
        _harness.AdvanceMilliseconds(1_000);
        Evaluate();
        Evaluate();
        Assert.Equal("alarm 2", State());
        _harness.Receive(1);
        Evaluate();
        Assert.Equal("ok 1", State());
        Assert.Equal(["backlog True 2", "backlog False 1"], Changes());
    }

    [Fact]
    public void A_condition_has_to_hold_as_long_as_the_alarm_says_without_a_break()
    {
        Create(new Alarm("backlog", AlarmMetric.Messages, 0, 3));
        _harness.Send("a");
        Evaluate(2);
        _harness.Receive(1, auto: true);
        Evaluate(1);
        _harness.Send("a");
        Evaluate(3);
        Assert.Empty(Changes());
        Evaluate(1);
        Assert.Equal(["backlog True 1"], Changes());
    }

    [Theory]
    [InlineData(AlarmMetric.Leased, 1)]
    [InlineData(AlarmMetric.Delayed, 1)]
    [InlineData(AlarmMetric.Messages, 3)]
    [InlineData(AlarmMetric.Available, 1)]
    [InlineData(AlarmMetric.Blocked, 0)]
    [InlineData(AlarmMetric.OldestMessageAgeSeconds, 5)]
    public void Each_metric_is_what_its_name_says(AlarmMetric metric, long value)
    {
        Create(new Alarm("any", metric, 0, 0));
        _harness.Send("a", "b");
        _harness.TrySend("c", delay: 60_000);
        _harness.Receive(1);
        _harness.AdvanceMilliseconds(5_000);
        Evaluate();
        Assert.Equal(value, Alarm().Value);
    }

    [Fact]
    public void Dead_letters_raise_an_alarm_of_their_source_until_they_are_gone()
    {
        _harness.CreateQueue("dead");
        _harness.CreateQueue(config: new QueueConfig
        {
            Redrive = new RedrivePolicy("dead", 1),
            Alarms = new ValueList<Alarm>([new Alarm("failures", AlarmMetric.DeadLettered, 0, 0)]),
        });
        _harness.Send("poison");
        _harness.Receive(1, visibility: 100);
        _harness.AdvanceMilliseconds(101);
        Sweep();
        Assert.Equal("alarm 1", State());
        _harness.Run(() => _harness.Broker.Purge(BrokerHarness.Name("dead")));
        Sweep();
        Assert.Equal(["failures True 1", "failures False 0"], Changes());
    }

    [Fact]
    public void The_age_of_a_message_on_disk_is_known_too()
    {
        Create(new Alarm("old", AlarmMetric.OldestMessageAgeSeconds, 100, 0));
        for (int i = 0; i < 100; i++) _harness.Send(new string('x', 2_000));
        _harness.AdvanceMilliseconds(101_000);
        _harness.Broker.Shard.Store.CheckpointNow(_harness.Broker.Shard.Now);
        Assert.False(_harness.Broker.Shard.FindQueue("jobs")!.Main.Log.TryGetLength(0, out _));
        Evaluate();
        Assert.Equal("alarm 101", State());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_restart_neither_repeats_nor_forgets_an_alarm(bool orderly)
    {
        Create(new Alarm("backlog", AlarmMetric.Messages, 0, 0));
        _harness.Send("a");
        Evaluate();
        long since = Alarm().Since;
        _told.Clear();
        ulong before = _harness.Broker.Shard.StateHash();
        if (orderly) _harness.CloseAndRestart();
        else _harness.CutPowerAndRestart(7);
        Assert.Equal(before, _harness.Broker.Shard.StateHash());
        Assert.Equal((true, since, null), (Alarm().IsRaised, Alarm().Since, Alarm().Value));
        _harness.AdvanceMilliseconds(5_000);
        Evaluate();
        Assert.Empty(_told);
        Assert.Equal(since, Alarm().Since);
        _harness.Receive(1, auto: true);
        Evaluate();
        Assert.Equal(["backlog False 0"], Changes());
    }

    [Fact]
    public void Another_threshold_keeps_the_state_until_the_next_look()
    {
        Create(new Alarm("backlog", AlarmMetric.Messages, 0, 0));
        _harness.Send("a");
        Evaluate();
        Define(new Alarm("backlog", AlarmMetric.Messages, 5, 0), new Alarm("second", AlarmMetric.Bytes, 0, 0));
        Assert.True(Alarm().IsRaised);
        Evaluate();
        Assert.False(Alarm().IsRaised);
        Assert.Equal(["backlog True 1", "backlog False 1", "second True 3"], Changes());
        Define();
        Evaluate();
        Assert.Equal(3, Changes().Count());
    }

    [Fact]
    public void What_happens_to_queues_is_told_when_it_is_committed_and_only_when_something_happened()
    {
        _harness.CreateQueue("a");
        _harness.CreateQueue("a");
        _harness.CreateQueue("a", new QueueConfig { Paused = true });
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name("a"), Precondition.None));
        _harness.Run(() => _harness.Broker.DeleteQueue(BrokerHarness.Name("a"), Precondition.None));
        Assert.Equal(
            [BrokerEventKind.Created, BrokerEventKind.Changed, BrokerEventKind.Deleted],
            _told.Select(static change => change.Kind));
    }

    private void Create(params Alarm[] alarms) =>
        _harness.CreateQueue(config: new QueueConfig { Alarms = new ValueList<Alarm>(alarms) });

    private void Define(params Alarm[] alarms) => _harness.Run(() => _harness.Broker.PatchQueue(
        BrokerHarness.Name(), config => config with { Alarms = new ValueList<Alarm>(alarms) }, Precondition.None));

    private AlarmState Alarm() => _harness.Run(() => _harness.Broker.GetQueue(BrokerHarness.Name())).Value.Alarms[0];

    private string State() => $"{(Alarm().IsRaised ? "alarm" : "ok")} {Alarm().Value}";

    private IEnumerable<string> Changes() => _told.Select(static change => change.Alarm).OfType<AlarmState>()
        .Select(static alarm => $"{alarm.Alarm.Name} {alarm.IsRaised} {alarm.Value}");

    private void Evaluate(int seconds)
    {
        for (; seconds > 0; seconds--)
        {
            Evaluate();
            _harness.AdvanceMilliseconds(1_000);
        }
    }

    private void Evaluate() => Do(() => _harness.Broker.EvaluateAlarms());

    private void Sweep() => Do(() => _harness.Broker.Sweep());

    private void Do(Func<Task> work) => _harness.Run(async () =>
    {
        await work();
        return true;
    });
}
