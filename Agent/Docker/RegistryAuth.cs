using System.Text;
using System.Text.Json;
using Docker.DotNet.Models;

namespace SwarmOrleans.Agent.Docker;

/// <summary>Registry credentials as a service's pull options carry them: JSON in base64url.</summary>
internal static class RegistryAuth
{
    public static AuthConfig Parse(string? encoded)
    {
        if (string.IsNullOrEmpty(encoded))
        {
            return new AuthConfig();
        }

        try
        {
            var json = Encoding.UTF8.GetString(Convert.FromBase64String(encoded.Replace('-', '+').Replace('_', '/')));
            using var fields = JsonDocument.Parse(json);
            return new AuthConfig
            {
                Username = Field(fields, "username"),
                Password = Field(fields, "password"),
                ServerAddress = Field(fields, "serveraddress"),
                IdentityToken = Field(fields, "identitytoken"),
                RegistryToken = Field(fields, "registrytoken"),
            };
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new TaskException("the service's registry credentials cannot be read");
        }
    }

    private static string? Field(JsonDocument fields, string name) =>
        fields.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
}
