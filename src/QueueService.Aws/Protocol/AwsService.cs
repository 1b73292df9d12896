using System.Collections.Frozen;

namespace QueueService.Aws.Protocol;

/// <summary>A service: its actions, and how they are written in the query protocol.</summary>
/// <param name="name">As in ARNs and in the scope of a signature.</param>
/// <param name="target">In front of the action in X-Amz-Target, with its dot; null for a service without JSON.</param>
internal sealed class AwsService(string name, string? target, Shapes shapes, IEnumerable<AwsAction> actions)
{
    private readonly FrozenDictionary<string, AwsAction> _actions =
        actions.ToFrozenDictionary(static action => action.Name, StringComparer.Ordinal);

    private readonly FrozenDictionary<string, AwsAction> _targets =
        actions.ToFrozenDictionary(action => target + action.Name, StringComparer.Ordinal);

    public string Name => name;

    public Shapes Shapes => shapes;

    public IReadOnlyCollection<AwsAction> Actions => _actions.Values;

    public AwsAction? Find(string action) => _actions.GetValueOrDefault(action);

    public AwsAction? FindTarget(string header) => _targets.GetValueOrDefault(header);
}
