using QueueService.Aws;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

public sealed class RecentNamesTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void A_name_is_recent_for_60_seconds()
    {
        RecentNames names = new(isStrict: true, _time);
        Assert.True(names.TryNote("a"));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(names.TryNote("b"));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(names.TryNote("a"));
        Assert.True(names.Contains("a"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(names.Contains("a"));
        Assert.True(names.Contains("b"));
        Assert.True(names.TryNote("a"));
    }

    [Fact]
    public void What_did_not_happen_is_forgotten()
    {
        RecentNames names = new(isStrict: true, _time);
        names.TryNote("a");
        names.Forget("a");
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.True(names.TryNote("a"));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.True(names.Contains("a"));
    }

    [Fact]
    public void Without_the_rule_nothing_is_recent()
    {
        RecentNames names = new(isStrict: false, _time);
        Assert.True(names.TryNote("a"));
        Assert.True(names.TryNote("a"));
        Assert.False(names.Contains("a"));
    }
}
