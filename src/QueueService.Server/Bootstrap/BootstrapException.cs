namespace QueueService.Server.Bootstrap;

/// <summary>What is declared cannot be applied: the server does not start.</summary>
internal sealed class BootstrapException(IEnumerable<string> errors)
    : Exception("The bootstrap is refused, and nothing of it was applied:\n  " + string.Join("\n  ", errors));
