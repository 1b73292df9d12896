using System.Diagnostics.CodeAnalysis;

namespace QueueService.Broker.Queues;

/// <summary>
/// Whose turn it is in a standard queue: a group that keeps many consumers busy waits while another one has something,
/// and of several such groups the one that keeps the fewest busy is next. SQS's fair queues promise the same. So a
/// quiet group waits for no turn of a noisy one, also when nearly all consumers have messages of that.
/// </summary>
/// <param name="line">The groups that have something, each for its turn.</param>
/// <param name="leased">Messages of the queue that are leased.</param>
internal readonly ref struct NoisyGroups(Queue<MessageGroup> line, int leased)
{
    /// <summary>As in SQS: fewer are nobody's harm.</summary>
    private const int MinLeased = 30;

    /// <summary>As in SQS: who has more than a tenth of what is leased is noisy. At most nine groups are.</summary>
    private const int Share = 10;

    /// <summary>The group whose turn it is, at the head of the line; noisy ones are put behind the quiet
    /// ones.</summary>
    /// <param name="chosen">Messages that the receive has chosen.</param>
    public bool TryPeekQuiet(int chosen, [NotNullWhen(true)] out MessageGroup? group)
    {
        MessageGroup? least = null;
        for (int passed = 0; line.TryPeek(out group); passed++)
        {
            // An empty one is on its way out of the line.
            if (group.Members.Count <= group.Chosen || !IsNoisy(group, chosen)) return true;
            if (passed >= Math.Min(line.Count, Share)) break;
            if (least is null || InFlight(group) < InFlight(least)) least = group;
            line.Enqueue(line.Dequeue());
        }

        if (least is null) return false;
        while (!ReferenceEquals(line.Peek(), least)) line.Enqueue(line.Dequeue());
        group = least;
        return true;
    }

    private bool IsNoisy(MessageGroup group, int chosen) =>
        InFlight(group) >= MinLeased && InFlight(group) * (long)Share > leased + chosen;

    private static int InFlight(MessageGroup group) => group.Leased + group.Chosen;
}
