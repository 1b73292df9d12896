using QueueService.Broker.Messages;

namespace QueueService.Broker.Topics.Filters;

/// <summary>One filter alone, for a reader that has its own. For one thread at a time.</summary>
internal sealed class FilterEvaluation
{
    private readonly SubscriptionFilter _filter;
    private readonly PolicyScope _scope;
    private readonly int[] _paths;

    public FilterEvaluation(SubscriptionFilter filter)
    {
        _filter = filter;
        _scope = new PolicyScope(filter.Scope);
        _paths = filter.Policy is null ? [] : Array.ConvertAll(_scope.Acquire(filter.Policy), path => path.Id);
    }

    /// <param name="message">In the form in which the log keeps it.</param>
    public bool Matches(ReadOnlySpan<byte> message)
    {
        if (_filter.Pattern is not null && !_filter.Pattern.Matches(MessageFormat.RoutingKey(message))) return false;
        if (_filter.Policy is null) return true;
        _scope.Read(message);
        return _scope.Holds(_filter.Policy, _paths, _filter.Numbers);
    }
}
