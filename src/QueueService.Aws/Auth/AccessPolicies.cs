using System.Runtime.CompilerServices;
using QueueService.Aws.Sqs;
using QueueService.Broker.Queues;

namespace QueueService.Aws.Auth;

/// <summary>The policies that queues and topics have.</summary>
internal static class AccessPolicies
{
    /// <summary>Where a definition has the text of its policy.</summary>
    public const string Annotation = "Policy";

    /// <summary>A text is parsed once, and forgotten with the definition that has it.</summary>
    private static readonly ConditionalWeakTable<string, Policy> Parsed = [];

    public static string? TextOf(QueueConfig config) => Annotations.Find(config, Annotation);

    /// <param name="text">Empty: the queue or topic has no policy any more.</param>
    public static QueueConfig With(QueueConfig config, string text) =>
        Annotations.With(config, Annotation, text.Length == 0 ? null : text);

    /// <exception cref="InvalidOperationException">It cannot be read: nobody gets past a policy that is not
    /// understood.</exception>
    public static Policy? Of(QueueConfig config, PolicyRules rules) => TextOf(config) is { } text
        ? Parsed.GetValue(text, json => PolicyReader.Read(json, rules, out string? problem)
            ?? throw new InvalidOperationException($"A stored policy cannot be read: {problem}"))
        : null;
}
