using System.Text;

namespace QueueService.Aws.Sns;

/// <summary>What SNS signs: the names and values of some fields, in the order of the names, each followed by a line
/// end.</summary>
internal static class SignedFields
{
    public static string OfNotification(SnsNotification notification)
    {
        StringBuilder text = new();
        Add(text, "Message", notification.Message);
        Add(text, "MessageId", notification.MessageId);
        if (notification.Subject is { } subject) Add(text, "Subject", subject);
        Add(text, "Timestamp", notification.Timestamp);
        Add(text, "TopicArn", notification.TopicArn);
        Add(text, "Type", SnsNotification.Type);
        return text.ToString();
    }

    public static string OfConfirmation(SnsConfirmation confirmation)
    {
        StringBuilder text = new();
        Add(text, "Message", confirmation.Message);
        Add(text, "MessageId", confirmation.MessageId);
        Add(text, "SubscribeURL", confirmation.SubscribeUrl);
        Add(text, "Timestamp", confirmation.Timestamp);
        Add(text, "Token", confirmation.Token);
        Add(text, "TopicArn", confirmation.TopicArn);
        Add(text, "Type", confirmation.Type);
        return text.ToString();
    }

    private static void Add(StringBuilder text, string name, string value) =>
        text.Append(name).Append('\n').Append(value).Append('\n');
}
