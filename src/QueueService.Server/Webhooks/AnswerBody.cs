namespace QueueService.Server.Webhooks;

/// <summary>As much of an answer as is read and kept. A body that stalls, breaks off or never ends is cut: the status
/// came before it, and decides.</summary>
internal readonly record struct AnswerBody(ReadOnlyMemory<byte> Kept, bool IsCut)
{
    public static async Task<AnswerBody> Read(HttpContent content, CancellationToken cancellationToken)
    {
        byte[] kept = new byte[WebhookLimits.AnswerBytesKept];
        byte[] rest = [];
        int total = 0;
        try
        {
            await using Stream stream = await content.ReadAsStreamAsync(cancellationToken);
            while (total < WebhookLimits.AnswerBytesRead)
            {
                Memory<byte> target = kept.AsMemory(Math.Min(total, kept.Length));
                // Read on past what is kept, so that the connection of a moderate answer can be used again.
                if (target.IsEmpty) target = rest.Length > 0 ? rest : rest = new byte[8_192];
                int count = await stream.ReadAsync(target, cancellationToken);
                if (count == 0) return Of(kept, total, isCut: total > kept.Length);
                total += count;
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException or OperationCanceledException)
        {
            return Of(kept, total, isCut: true);
        }

        return Of(kept, total, isCut: true);
    }

    private static AnswerBody Of(byte[] kept, int total, bool isCut) =>
        new(kept.AsMemory(0, Math.Min(total, kept.Length)), isCut);
}
