using QueueService.Server.Webhooks;
using QueueService.Testing;

namespace QueueService.Server.Tests.Webhooks;

public sealed class CircuitTests
{
    private const string Host = "https://hooks.example:443";

    private readonly ManualTimeProvider _time = new();
    private readonly Circuits _circuits;

    public CircuitTests() => _circuits = new Circuits(_time, capacity: 3);

    [Fact]
    public void Five_failures_in_a_row_open_it_and_then_nothing_is_let_through()
    {
        for (int n = 0; n < 4; n++) Attempt(failed: true);
        Attempt(failed: false);
        for (int n = 0; n < 5; n++) Attempt(failed: true);
        Assert.Equal(CircuitState.Open, _circuits.Status(Host).State);
        Assert.Equal(_time.GetUtcNow().AddSeconds(10), _circuits.Status(Host).Until);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(_circuits.TryEnter(Host, out _, out TimeSpan? wait));
        Assert.Equal(TimeSpan.FromSeconds(6), wait);
        Assert.True(_circuits.TryEnter("https://other.example:443", out _, out _));
    }

    [Fact]
    public void Half_of_twenty_attempts_within_a_minute_open_it()
    {
        for (int n = 0; n < 19; n++) Attempt(failed: n % 2 == 1);
        Assert.Equal(CircuitState.Closed, _circuits.Status(Host).State);
        Attempt(failed: true);
        Assert.Equal(CircuitState.Open, _circuits.Status(Host).State);
    }

    [Fact]
    public void Failures_of_another_minute_do_not_count()
    {
        for (int n = 0; n < 19; n++) Attempt(failed: n % 2 == 1);
        _time.Advance(TimeSpan.FromSeconds(61));
        Attempt(failed: true);
        Assert.Equal(CircuitState.Closed, _circuits.Status(Host).State);
    }

    [Fact]
    public void One_probe_at_a_time_finds_out_whether_the_host_is_back()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_circuits.TryEnter(Host, out CircuitPermit probe, out _));
        Assert.Equal(CircuitState.HalfOpen, _circuits.Status(Host).State);
        Assert.False(_circuits.TryEnter(Host, out _, out TimeSpan? wait));
        Assert.Null(wait);
        _circuits.Report(probe, failed: false);
        Assert.Equal(new CircuitStatus(CircuitState.Closed, 0, null), _circuits.Status(Host));
    }

    [Fact]
    public void Each_failed_probe_doubles_the_time_up_to_ten_minutes()
    {
        Open();
        TimeSpan open = TimeSpan.FromSeconds(10);
        for (int n = 0; n < 10; n++)
        {
            Assert.Equal(_time.GetUtcNow() + open, _circuits.Status(Host).Until);
            _time.Advance(open);
            Attempt(failed: true);
            open = TimeSpan.FromSeconds(Math.Min(600, open.TotalSeconds * 2));
        }

        _time.Advance(open);
        Attempt(failed: false);
        Open();
        Assert.Equal(_time.GetUtcNow().AddSeconds(10), _circuits.Status(Host).Until);
    }

    [Fact]
    public void A_probe_that_was_not_made_leaves_the_place_to_the_next()
    {
        Open();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_circuits.TryEnter(Host, out CircuitPermit probe, out _));
        _circuits.Report(probe, failed: null);
        Assert.True(_circuits.TryEnter(Host, out _, out _));
    }

    [Fact]
    public void Attempts_from_before_it_opened_do_not_end_the_probe()
    {
        Assert.True(_circuits.TryEnter(Host, out CircuitPermit early, out _));
        Open();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(_circuits.TryEnter(Host, out _, out _));
        _circuits.Report(early, failed: false);
        Assert.Equal(CircuitState.HalfOpen, _circuits.Status(Host).State);
    }

    [Fact]
    public void Only_so_many_authorities_are_remembered_the_ones_used_last()
    {
        Open();
        foreach (string other in new[] { "a", "b" }) Assert.True(_circuits.TryEnter(other, out _, out _));
        Assert.False(_circuits.TryEnter(Host, out _, out _));
        Assert.True(_circuits.TryEnter("c", out CircuitPermit permit, out _));
        Assert.Equal(3, _circuits.Count);
        Assert.Equal(CircuitState.Open, _circuits.Status(Host).State);
        foreach (string other in new[] { "d", "e", "f" }) Assert.True(_circuits.TryEnter(other, out _, out _));
        _circuits.Report(permit, failed: true);
        Assert.Equal(3, _circuits.Count);
        Assert.Equal(CircuitState.Closed, _circuits.Status(Host).State);
    }

    [Fact]
    public void An_endpoint_takes_eight_attempts_at_once()
    {
        EndpointGate gate = new(_time);
        for (int n = 0; n < 8; n++) Assert.True(gate.TryEnter(out _));
        Assert.False(gate.TryEnter(out TimeSpan? wait));
        Assert.Null(wait);
        gate.Leave();
        Assert.True(gate.TryEnter(out _));
        Assert.Equal(8, gate.Busy);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(1)]
    [InlineData(333)]
    public void An_endpoint_takes_no_more_than_its_rate_within_any_second_and_says_how_long_to_wait(int rate)
    {
        EndpointGate gate = new(_time, rate);
        List<DateTimeOffset> taken = [];
        DateTimeOffset end = _time.GetUtcNow().AddSeconds(20);
        while (_time.GetUtcNow() < end)
        {
            if (gate.TryEnter(out TimeSpan? wait))
            {
                gate.Leave();
                taken.Add(_time.GetUtcNow());
                // Not all at the beginning of a second.
                if (taken.Count % 3 == 0) _time.Advance(TimeSpan.FromMilliseconds(1));
            }
            else
            {
                Assert.True(wait > TimeSpan.Zero);
                _time.Advance(wait.Value);
            }
        }

        Assert.InRange(taken.Count, 18 * rate, 20 * rate);
        for (int i = rate; i < taken.Count; i++)
            Assert.True(taken[i] - taken[i - rate] >= TimeSpan.FromSeconds(1), $"{i} is too early");
    }

    private void Open()
    {
        for (int n = 0; n < 5; n++) Attempt(failed: true);
        Assert.Equal(CircuitState.Open, _circuits.Status(Host).State);
    }

    private void Attempt(bool failed)
    {
        Assert.True(_circuits.TryEnter(Host, out CircuitPermit permit, out _));
        _circuits.Report(permit, failed);
    }
}
