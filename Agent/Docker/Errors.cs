using System.Net;
using Docker.DotNet;

namespace SwarmOrleans.Agent.Docker;

/// <summary>The engine's errors as errors of a task: an engine that does not answer may answer later, what it refuses stays refused.</summary>
internal static class Errors
{
    public static async Task<T> TranslateAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (DockerApiException e)
        {
            throw new TaskException(Message(e), IsTemporary(e.StatusCode), inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or System.Net.Sockets.SocketException or TimeoutException)
        {
            throw new TaskException($"the Docker engine does not answer: {e.Message}", isTemporary: true, inner: e);
        }
    }

    public static Task TranslateAsync(Func<Task> call) => TranslateAsync(async () =>
    {
        await call();
        return true;
    });

    private static bool IsTemporary(HttpStatusCode status) => status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests;

    private static string Message(DockerApiException e)
    {
        try
        {
            using var body = System.Text.Json.JsonDocument.Parse(e.ResponseBody ?? "");
            return body.RootElement.GetProperty("message").GetString() ?? e.Message;
        }
        catch (Exception inner) when (inner is System.Text.Json.JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return e.Message;
        }
    }
}
